package controllers

import (
	"net/netip"
	"slices"

	core "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/cache"
)

// pool holds the free addresses for Services: all of its network but the first and the last, which tools take for the
// network's and the broadcast address.
type pool struct {
	free []string
}

func newPool(cidr string) *pool {
	network := netip.MustParsePrefix(cidr)
	p := &pool{}
	for a := network.Addr().Next(); network.Contains(a.Next()); a = a.Next() {
		p.free = append(p.free, a.String())
	}
	return p
}

// take removes an address from the pool, and reports whether it was free.
func (p *pool) take(address string) bool {
	i := slices.Index(p.free, address)
	if i < 0 {
		return false
	}
	p.free = slices.Delete(p.free, i, i+1)
	return true
}

// next removes the lowest free address, or returns "" if there is none.
func (p *pool) next() string {
	if len(p.free) == 0 {
		return ""
	}
	address := p.free[0]
	p.free = p.free[1:]
	return address
}

// assignments returns every Service's address. A Service keeps its address. Others get the requested one if it is free, or
// else the next. An address that is not in the result is released.
func assignments(p *pool, services []*core.Service) map[cache.ObjectName]string {
	result := map[cache.ObjectName]string{}
	var waiting []*core.Service
	for _, s := range services {
		switch {
		case !balanced(s):
		case address(s) != "" && p.take(address(s)):
			result[cache.MetaObjectToName(s)] = address(s)
		default:
			waiting = append(waiting, s)
		}
	}
	slices.SortFunc(waiting, func(a, b *core.Service) int {
		return a.CreationTimestamp.Compare(b.CreationTimestamp.Time)
	})
	for _, s := range waiting {
		asked := s.Spec.LoadBalancerIP
		switch {
		case asked == "":
			asked = p.next()
		case !p.take(asked):
			asked = ""
		}
		result[cache.MetaObjectToName(s)] = asked
	}
	return result
}
