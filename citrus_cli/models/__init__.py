"""A model's name becomes weights on a device: catalogue, fetching, quantization, hardware.

Nothing heavy is imported until a function needs it.
"""
