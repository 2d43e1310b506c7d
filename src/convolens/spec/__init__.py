"""What exactly is asked: shapes, padding, stride, dilation, groups and borders. Arithmetic only, no data."""
