package report

// LoadBalancer is a Service of type LoadBalancer, which clients outside the Kubernetes cluster use.
type LoadBalancer struct {
	Service   string   `json:"service"`
	Addresses []string `json:"addresses"` // empty until one is assigned
	Port      int32    `json:"port"`
}
