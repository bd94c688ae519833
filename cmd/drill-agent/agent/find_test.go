//go:build linux

package agent

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

func TestFind(t *testing.T) {
	const (
		pause   = "(pause) S 0"
		etcd    = "(etcd) S 0"
		shared  = `"kubectl etcd up --drillable"`
		nothing = `no process is called "etcd"; seen: `
	)
	self := strconv.Itoa(os.Getpid())
	for name, c := range map[string]struct {
		stats map[string]string // by the name of the folder in /proc
		pid   int
		want  string
	}{
		"a pod":               {stats: map[string]string{"1": pause, "7": etcd, "self": "(etcd) S 0"}, pid: 7},
		"one stopped":         {stats: map[string]string{"1": pause, "7": "(etcd) T 0"}, pid: 7},
		"one that has ended":  {stats: map[string]string{"1": pause, "7": "(etcd) Z 0", "8": "(etcd) X 0", "20": etcd}, pid: 20},
		"oneself":             {stats: map[string]string{"1": pause, self: etcd, "7": etcd}, pid: 7},
		"others' names":       {stats: map[string]string{"1": pause, "5": "(etcdctl) S 0", "6": "(a) (etcd) S 0", "7": etcd}, pid: 7},
		"none":                {stats: map[string]string{"1": pause, "12": "(x) y) R 0"}, want: nothing + `1 ("pause"), 12 ("x) y")`},
		"oneself alone":       {stats: map[string]string{self: etcd}, want: nothing + "none (share the process namespace of the pod: " + shared},
		"ended alone":         {stats: map[string]string{"1": pause, "7": "(etcd) Z 0"}, want: nothing + `1 ("pause")`},
		"several":             {stats: map[string]string{"7": etcd, "8": pause, "19": etcd}, want: `2 processes are called "etcd": 19 ("etcd"), 7 ("etcd")`},
		"no shared namespace": {stats: map[string]string{"1": etcd, "12": pause}, want: `"etcd" is process 1, and the kernel drops signals to it from its own namespace (share the process namespace of the pod: ` + shared},
		"what is no state":    {stats: map[string]string{"7": "7 etcd S"}, want: "read the state of process 7"},
		"half a state":        {stats: map[string]string{"7": "(etcd) "}, want: "read the state of process 7"},
	} {
		t.Run(name, func(t *testing.T) {
			proc := fstest.MapFS{"uptime": &fstest.MapFile{}, "9": &fstest.MapFile{Mode: os.ModeDir}} // 9 ends during the search
			for pid, stat := range c.stats {
				proc[pid+"/stat"] = &fstest.MapFile{Data: []byte(pid + " " + stat + " 0 0\n")}
				if strings.HasPrefix(c.want, "read the state") {
					proc[pid+"/stat"].Data = []byte(stat)
				}
			}
			got, err := Agent{Proc: proc}.find()
			if got.pid != c.pid || c.want == "" && err != nil {
				t.Errorf("found %s, %v; want %d", got, err, c.pid)
			}
			if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// A termination message has at most 4096 bytes, and a node may have thousands of processes.
func TestFewAreNamed(t *testing.T) {
	proc := fstest.MapFS{}
	for pid := range 5000 {
		proc[fmt.Sprintf("%d/stat", pid)] = &fstest.MapFile{Data: fmt.Appendf(nil, "%d (fifteen letters) S 0", pid)}
	}
	_, err := Agent{Proc: proc}.find()
	if err == nil || len(err.Error()) > 1024 || !strings.Contains(err.Error(), " more (") {
		t.Errorf("got %v", err)
	}
}
