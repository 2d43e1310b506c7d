"""Convolens against its peers: named cases, each contender at its best, correctness before speed."""
