"""`dayfive doctor`: looks at every link of the chain from an AWS account to a solicitation."""
