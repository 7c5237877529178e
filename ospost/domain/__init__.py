"""Pure rules: values in, decision out."""
