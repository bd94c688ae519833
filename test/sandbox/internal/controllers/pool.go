package controllers

import (
	"net/netip"
	"slices"

	core "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/cache"
)

// pool is the addresses that Services may get, all but the first and the last of
// its network, which tools take for the network's own and for broadcast.
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

// take takes an address out of the pool and tells whether it was there.
func (p *pool) take(address string) bool {
	i := slices.Index(p.free, address)
	if i < 0 {
		return false
	}
	p.free = slices.Delete(p.free, i, i+1)
	return true
}

// next takes the lowest free address, or "" when there is none.
func (p *pool) next() string {
	if len(p.free) == 0 {
		return ""
	}
	address := p.free[0]
	p.free = p.free[1:]
	return address
}

// assignments decides every Service's address: who has one keeps it, others get
// the one they ask for when it is free, or the next. An address is released by not
// being named any more.
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
