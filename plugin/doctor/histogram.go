package doctor

import (
	"math"
	"time"

	dto "github.com/prometheus/client_model/go"
)

// histogram is a Prometheus histogram: cumulative counts by upper bound. Observations above the last bound are in count
// only.
type histogram struct {
	count   uint64
	buckets []bucket // ascending
}

type bucket struct {
	bound float64 // seconds
	upTo  uint64  // observations at or below the bound
}

func histogramOf(h *dto.Histogram) histogram {
	found := histogram{count: h.GetSampleCount()}
	for _, b := range h.GetBucket() {
		if !math.IsInf(b.GetUpperBound(), 1) {
			found.buckets = append(found.buckets, bucket{b.GetUpperBound(), b.GetCumulativeCount()})
		}
	}
	return found
}

// quantile estimates a quantile as Prometheus does, with observations evenly spread within a bucket
// (prometheus/promql/quantile.go, bucketQuantile). Observations above every bound count as the highest bound.
func (h histogram) quantile(q float64) time.Duration {
	rank := q * float64(h.count)
	low, below := 0.0, uint64(0)
	for _, b := range h.buckets {
		if float64(b.upTo) >= rank && b.upTo > below {
			return seconds(low + (b.bound-low)*(rank-float64(below))/float64(b.upTo-below))
		}
		low, below = b.bound, b.upTo
	}
	return seconds(low)
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
