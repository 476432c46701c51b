"""What is printed: values into PDF, without a database."""
