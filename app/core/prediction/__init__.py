"""What a model needs of this machine and how fast it will be: values and formulas."""
