"""The ground on which compiled pipelines run: compiling, keeping compiled code on disk, threads, calling."""
