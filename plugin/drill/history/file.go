package history

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// kind is the kind in the first line of a file.
const kind = "DrillHistory"

// line is one line of a file after the first: exactly one of its fields is set.
type line struct {
	Operation *Operation `json:"operation,omitempty"`
	Event     *Event     `json:"event,omitempty"`
	Store     *storeLine `json:"store,omitempty"`
	End       *end       `json:"end,omitempty"`
}

// storeLine is one key of a member's store, or the member's error. A line without either says that the store was read.
type storeLine struct {
	Member string `json:"member"`
	Key    string `json:"key,omitempty"`
	Value
	Error string `json:"error,omitempty"`
}

// end is the last line of a complete file.
type end struct {
	Operations int `json:"operations"`
	Events     int `json:"events"`
}

// Encode writes a record as JSON lines: first the record without its operations, events and stores, then one line for
// each operation, event and key of a member's store, and a last line that marks the file as complete.
func Encode(w io.Writer, r *Record) error {
	out := bufio.NewWriter(w)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	head := *r
	head.Meta = report.NewMeta(kind)
	if err := enc.Encode(head); err != nil {
		return err
	}
	for i := range r.Operations {
		if err := enc.Encode(line{Operation: &r.Operations[i]}); err != nil {
			return err
		}
	}
	for i := range r.Events {
		if err := enc.Encode(line{Event: &r.Events[i]}); err != nil {
			return err
		}
	}
	for _, member := range slices.Sorted(maps.Keys(r.Stores)) {
		if err := encodeStore(enc, member, r.Stores[member]); err != nil {
			return err
		}
	}
	if err := enc.Encode(line{End: &end{Operations: len(r.Operations), Events: len(r.Events)}}); err != nil {
		return err
	}
	return out.Flush()
}

func encodeStore(enc *json.Encoder, member string, s Store) error {
	if err := enc.Encode(line{Store: &storeLine{Member: member, Error: s.Error}}); err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(s.Keys)) {
		if err := enc.Encode(line{Store: &storeLine{Member: member, Key: key, Value: s.Keys[key]}}); err != nil {
			return err
		}
	}
	return nil
}

// Decode reads what Encode wrote. It refuses an incomplete file, because an incomplete history may show no fault.
func Decode(r io.Reader) (*Record, error) {
	in := bufio.NewReader(r)
	first, err := in.ReadBytes('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	var record Record
	switch err := json.Unmarshal(first, &record); {
	case err != nil:
		return nil, fmt.Errorf("line 1: %w", err)
	case record.Kind != kind:
		return nil, fmt.Errorf("it is not the history of a drill: its kind is %q, not %q", record.Kind, kind)
	case record.APIVersion != report.APIVersion:
		return nil, fmt.Errorf("its version is %q; this program reads %q", record.APIVersion, report.APIVersion)
	}
	if err := record.validate(); err != nil {
		return nil, fmt.Errorf("line 1: %w", err)
	}
	for n := 2; ; n++ {
		text, err := in.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		if len(bytes.TrimSpace(text)) == 0 {
			return nil, errors.New("it is incomplete: its last line is missing")
		}
		complete, err := record.add(text)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if complete {
			return &record, refuseTrailing(in)
		}
	}
}

// maxSpan limits the duration of a drill in a file.
const maxSpan = 30 * 24 * time.Hour

// validate refuses times that no drill can have.
func (r *Record) validate() error {
	healthy := r.Recovered()
	if r.Span < 0 || r.Span > maxSpan || r.FaultAt < 0 || r.FaultAt > r.Span || r.FaultEnd < 0 || r.FaultEnd > r.Span || healthy < 0 || healthy > r.Span {
		return fmt.Errorf("its times are impossible for a drill: it lasted %s, the fault was at %s to %s, all members were healthy at %s", r.Span, r.FaultAt, r.FaultEnd, healthy)
	}
	return nil
}

// refuseTrailing refuses data after the last line.
func refuseTrailing(in *bufio.Reader) error {
	if rest, _ := io.ReadAll(io.LimitReader(in, 1<<10)); len(bytes.TrimSpace(rest)) > 0 {
		return errors.New("it has data after its last line")
	}
	return nil
}

// add adds a line to the record, and reports whether it was the last one.
func (r *Record) add(text []byte) (complete bool, err error) {
	var l line
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&l); err != nil {
		return false, err
	}
	switch {
	case l.Operation != nil:
		if err := l.Operation.validate(); err != nil {
			return false, err
		}
		r.Operations = append(r.Operations, *l.Operation)
	case l.Event != nil:
		r.Events = append(r.Events, *l.Event)
	case l.Store != nil:
		r.addStore(*l.Store)
	case l.End != nil:
		if l.End.Operations != len(r.Operations) || l.End.Events != len(r.Events) {
			return false, fmt.Errorf("the file has %d operations and %d events, but %d and %d were written", len(r.Operations), len(r.Events), l.End.Operations, l.End.Events)
		}
		return true, nil
	default:
		return false, errors.New("it is not an operation, an event, a store or the end of the history")
	}
	return false, nil
}

func (r *Record) addStore(l storeLine) {
	if r.Stores == nil {
		r.Stores = map[string]Store{}
	}
	s, found := r.Stores[l.Member]
	if !found {
		s.Keys = map[string]Value{}
	}
	if l.Key != "" {
		s.Keys[l.Key] = l.Value
	} else {
		s.Error = l.Error
	}
	r.Stores[l.Member] = s
}
