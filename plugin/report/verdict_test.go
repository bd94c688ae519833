package report

import "testing"

func TestDoctorVerdict(t *testing.T) {
	for name, c := range map[string]struct {
		results []Result
		want    Result
	}{
		"nothing":     {nil, Pass},
		"all pass":    {[]Result{Pass, Pass}, Pass},
		"one unknown": {[]Result{Pass, Unknown}, Unknown},
		"one warning": {[]Result{Caution, Unknown, Pass}, Caution},
		"one failure": {[]Result{Pass, Caution, Fail, Unknown}, Fail},
	} {
		var checks []Check
		for _, r := range c.results {
			checks = append(checks, Check{Result: r})
		}
		if got := NewDoctor("etcd", "ns", checks).Verdict; got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
