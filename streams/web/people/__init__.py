"""Who people are, what each may do, how long they stay signed in, and the trail of what they did."""
