"""How the model is asked, and the contract its answer follows."""
