package cluster

// Serving returns the members that a client is to ask. Like the client Service it takes those that are Ready, because a
// learner refuses most requests, and a member without a quorum lets them wait; where none is Ready, those that run.
func (c *Cluster) Serving() []Member {
	var ready, running []Member
	for _, m := range c.Members {
		switch {
		case Ready(m.Pod):
			ready = append(ready, m)
		case m.Trouble() == "":
			running = append(running, m)
		}
	}
	if len(ready) > 0 {
		return ready
	}
	return running
}
