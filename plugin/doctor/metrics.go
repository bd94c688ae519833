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

// maxMetrics bounds an answer; that of etcd 3.7 has 190 KB.
const maxMetrics = 16 << 20

// metrics are what a member's process has counted since it started.
type metrics map[string]*dto.MetricFamily

// scrape is one answer of /metrics.
type scrape struct {
	metrics
	at   time.Time     // the middle of the request, by our clock
	took time.Duration // until the answer began
	date time.Time     // the member's clock when it answered, cut to the second; zero where it did not say
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
		return scrape{}, unwrapped(err)
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

// unwrapped takes the URL off an error, which is not how the member was reached.
func unwrapped(err error) error {
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

// value returns a counter or gauge, added up over its labels.
func (m metrics) value(name string) (sum float64, found bool) {
	for _, s := range m[name].GetMetric() {
		found = true
		sum += s.GetCounter().GetValue() + s.GetGauge().GetValue() + s.GetUntyped().GetValue()
	}
	return sum, found
}

// histogram returns a histogram without labels.
func (m metrics) histogram(name string) histogram {
	for _, s := range m[name].GetMetric() {
		return histogramOf(s.GetHistogram())
	}
	return histogram{}
}

// histograms returns a histogram for each value of a label.
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

// observations returns how much a histogram has seen, added up over its labels.
func (m metrics) observations(name string) (sum uint64) {
	for _, s := range m[name].GetMetric() {
		sum += s.GetHistogram().GetSampleCount()
	}
	return sum
}

// age returns how long the process has been counting.
func (m metrics) age(now time.Time) time.Duration {
	started, _ := m.value("process_start_time_seconds")
	return max(now.Sub(time.UnixMilli(int64(started*1000))), 0)
}
