package connect

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// TestAgreeWaitsNoLonger has the pods of a cluster of five answer one after the other. The remaining pods have
// strayGrace after the majority, however many of them answer meanwhile.
func TestAgreeWaitsNoLonger(t *testing.T) {
	const slow = 2 * strayGrace / 3
	for name, test := range map[string]struct {
		delays  []time.Duration
		answers int
		took    time.Duration
	}{
		"one after the other": {[]time.Duration{0, 0, 0, slow, 2 * slow}, 4, strayGrace},
		"all in time":         {[]time.Duration{0, 0, 0, slow, slow}, 5, slow},
		"no majority":         {[]time.Duration{0, 0, time.Hour, time.Hour, time.Hour}, 2, agreeLimit},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &pool{links: map[string]*link{}, size: len(test.delays)}
				for i, delay := range test.delays {
					pod := fmt.Sprintf("etcd-%d", i)
					p.checkedPods = append(p.checkedPods, pod)
					p.links[pod] = &link{pod: pod, open: func(context.Context, string) (*channel, error) {
						time.Sleep(delay)
						return &channel{at: memberID{cluster: 1, member: uint64(i)}}, nil
					}}
				}
				begin := time.Now()
				answers, err := p.agree(t.Context())
				if took := time.Since(begin); err != nil || len(answers) != test.answers || took != test.took {
					t.Errorf("%d answers after %s, %v; want %d after %s", len(answers), took, err, test.answers, test.took)
				}
				time.Sleep(2 * time.Hour) // until the last pod has answered: no goroutine may outlive the bubble
			})
		})
	}
}
