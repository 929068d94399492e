"""Who may do what, and what is asked before it is done: the policy, the gate with its grants, and questions to people."""
