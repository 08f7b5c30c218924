"""SAM and CloudFormation templates: which functions they describe, as the local service can run them."""
