package cli

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
		{0, 0, ReadLimit, ReadLimit, ""},
		{time.Hour, 0, ReadLimit, ReadLimit + time.Hour, ""},
		{time.Hour, 0, NoLimit, NoLimit, ""},
		{time.Minute, time.Hour, ReadLimit, time.Hour, ""},
		{time.Hour, time.Minute, ReadLimit, time.Minute, "no time is left for the operation itself"},
		{-time.Second, 0, ReadLimit, ReadLimit - time.Second, "--queue -1s is negative"},
	} {
		f := &Factory{queue: test.queue, timeout: test.timeout, MemberTimeout: time.Second, color: "auto"}
		if got := f.limit(test.usual); got != test.want {
			t.Errorf("%+v: %s", test, got)
		}
		err := f.validate()
		if (err == nil) != (test.refused == "") || err != nil && !strings.Contains(err.Error(), test.refused) {
			t.Errorf("%+v: %v", test, err)
		}
	}
}
