"""The functional API: convolution, its relatives and their gradients, on NumPy arrays."""
