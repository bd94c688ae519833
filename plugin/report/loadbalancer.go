package report

// LoadBalancer is a Service that is reached from outside of the Kubernetes cluster.
type LoadBalancer struct {
	Service   string   `json:"service"`
	Addresses []string `json:"addresses"` // none before it has been given one
	Port      int32    `json:"port"`
}
