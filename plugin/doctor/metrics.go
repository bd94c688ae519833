package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// maxMetrics bounds the size of an answer. That of etcd 3.7 is 190 KB.
const maxMetrics = 16 << 20

// metrics are the metric families of a member's process, by name.
type metrics map[string]*dto.MetricFamily

// scrape is one answer of /metrics.
type scrape struct {
	metrics
	at   time.Time     // the middle of the request, by the local clock
	took time.Duration // from the request until the headers of the answer
	date time.Time     // the member's clock when it answered, truncated to the second; zero if the answer has no Date
}

// readMetrics reads a member's /metrics.
func readMetrics(ctx context.Context, client *http.Client, url string) (scrape, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return scrape{}, err
	}
	sent := time.Now()
	resp, err := client.Do(req)
	if err != nil {
		return scrape{}, withoutURL(err)
	}
	took := time.Since(sent)
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return scrape{}, fmt.Errorf("/metrics answers %s", resp.Status)
	}
	found, err := parseMetrics(io.LimitReader(resp.Body, maxMetrics))
	if err != nil {
		return scrape{}, fmt.Errorf("read /metrics: %w", err)
	}
	s := scrape{metrics: found, at: sent.Add(took / 2), took: took}
	s.date, _ = http.ParseTime(resp.Header.Get("Date"))
	return s, nil
}

// withoutURL removes the URL from an error. The URL is not how the member was reached.
func withoutURL(err error) error {
	var request *url.Error
	if errors.As(err, &request) {
		return request.Err
	}
	return err
}

func parseMetrics(r io.Reader) (metrics, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	return parser.TextToMetricFamilies(r)
}

// value returns a counter or gauge, summed over its labels.
func (m metrics) value(name string) (sum float64, found bool) {
	for _, s := range m[name].GetMetric() {
		found = true
		sum += s.GetCounter().GetValue() + s.GetGauge().GetValue() + s.GetUntyped().GetValue()
	}
	return sum, found
}

// histogram returns the only histogram of a family without labels.
func (m metrics) histogram(name string) histogram {
	for _, s := range m[name].GetMetric() {
		return histogramOf(s.GetHistogram())
	}
	return histogram{}
}

// histograms returns the histograms of a family by the value of a label.
func (m metrics) histograms(name, label string) map[string]histogram {
	found := map[string]histogram{}
	for _, s := range m[name].GetMetric() {
		for _, l := range s.GetLabel() {
			if l.GetName() == label {
				found[l.GetValue()] = histogramOf(s.GetHistogram())
			}
		}
	}
	return found
}

// observations returns the count of a histogram, summed over its labels.
func (m metrics) observations(name string) (sum uint64) {
	for _, s := range m[name].GetMetric() {
		sum += s.GetHistogram().GetSampleCount()
	}
	return sum
}

// age returns how long ago the process started.
func (m metrics) age(now time.Time) time.Duration {
	started, _ := m.value("process_start_time_seconds")
	return max(now.Sub(time.UnixMilli(int64(started*1000))), 0)
}
