"""What all rooms speak of: values, addresses, events and commands of the border, and the tables of actions,
events and functions from which the checker, the compiler, the reference and the backends work."""
