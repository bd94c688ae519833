package report

// Members is the membership as etcd lists it.
type Members struct {
	Head
	Members []Member `json:"members"`
}

// Names returns what -o name prints: the pods, which kubectl can act on.
func (m Members) Names() []string {
	var names []string
	for _, member := range m.Members {
		if member.Pod != "" {
			names = append(names, "pod/"+member.Pod)
		}
	}
	return names
}
