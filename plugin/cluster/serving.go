package cluster

// Serving returns the members that clients should use. Like the client Service it takes those that are Ready, because a
// learner rejects most requests and a member without quorum blocks them. If none is Ready, it returns those that run.
func (c *Cluster) Serving() []Member {
	var ready, running []Member
	for _, m := range c.Members {
		switch {
		case Ready(m.Pod):
			ready = append(ready, m)
		case m.PodProblem() == "":
			running = append(running, m)
		}
	}
	if len(ready) > 0 {
		return ready
	}
	return running
}
