package human

import "testing"

func TestPercent(t *testing.T) {
	for share, want := range map[float64]string{0: "0 %", 0.0001: "less than 1 %", 0.01: "1 %", 0.806: "81 %", 1: "100 %"} {
		if got := Percent(share); got != want {
			t.Errorf("%v: %s, want %s", share, got, want)
		}
	}
}

func TestBytes(t *testing.T) {
	for n, want := range map[int64]string{-1: "0 B", 0: "0 B", 1536: "1.5 KiB", 2 << 30: "2.0 GiB"} {
		if got := Bytes(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
