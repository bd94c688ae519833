package report

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

// LoadBalancer is a Service that is reached from outside of the Kubernetes cluster.
type LoadBalancer struct {
	Service   string   `json:"service"`
	Addresses []string `json:"addresses"` // none before it has been given one
	Port      int32    `json:"port"`
}

// cell says where a load balancer is reached.
func (b LoadBalancer) cell() Cell {
	if len(b.Addresses) == 0 {
		return Cell{Text: "service " + b.Service + " has no address of a load balancer yet", Level: Warn}
	}
	texts := make([]string, len(b.Addresses))
	for i, address := range b.Addresses {
		texts[i] = net.JoinHostPort(address, strconv.Itoa(int(b.Port)))
	}
	return Cell{Text: fmt.Sprintf("%s (service %s)", strings.Join(texts, ", "), b.Service)}
}
