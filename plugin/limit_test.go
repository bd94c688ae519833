package plugin

import (
	"strings"
	"testing"
	"time"
)

func TestQueueAndTimeout(t *testing.T) {
	for _, test := range []struct {
		queue, timeout, usual, want time.Duration
		refused                     string
	}{
		{0, 0, readLimit, readLimit, ""},
		{time.Hour, 0, readLimit, readLimit + time.Hour, ""},
		{time.Hour, 0, noLimit, noLimit, ""},
		{time.Minute, time.Hour, readLimit, time.Hour, ""},
		{time.Hour, time.Minute, readLimit, time.Minute, "nothing is left for the operation itself"},
		{-time.Second, 0, readLimit, readLimit - time.Second, "--queue -1s is negative"},
	} {
		o := &options{queue: test.queue, timeout: test.timeout, memberTimeout: time.Second, color: "auto"}
		if got := o.limit(test.usual); got != test.want {
			t.Errorf("%+v: %s", test, got)
		}
		err := o.validate()
		if (err == nil) != (test.refused == "") || err != nil && !strings.Contains(err.Error(), test.refused) {
			t.Errorf("%+v: %v", test, err)
		}
	}
}
