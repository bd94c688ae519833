package report

// Members is the membership as etcd has it, in its own terms.
type Members struct {
	Head
	Members []Member `json:"members"`
}

// Names returns what -o name prints: the pods, which is what kubectl can act on.
func (m Members) Names() []string {
	var names []string
	for _, member := range m.Members {
		if member.Pod != "" {
			names = append(names, "pod/"+member.Pod)
		}
	}
	return names
}
