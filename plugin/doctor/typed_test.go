package doctor

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// typed names the line of a journey that runs the remedy of a check word for word and checks the result. file is
// relative to the root of the repository. Without one, why says what it would take. words identify a remedy by a part
// of its source. A check whose remedies are all those of "status" has none: the inventory of plugin/advice has them.
type typed struct{ check, words, file, line, why string }

const (
	doctorJourney   = "test/testdata/doctor.txtar"
	remediesJourney = "test/testdata/remedies.txtar"
	ofStatus        = "its remedies are status', which the inventory of plugin/advice has"
)

// inventory has a row for every remedy, in the order of the checks.
func inventory() []typed {
	pointer := func(check, words string) typed {
		return typed{check: check, words: words, why: "it names other checks, which have the remedy"}
	}
	look := func(check, words, what string) typed {
		return typed{check: check, words: words, why: "its remedy changes nothing: it is " + what}
	}
	choice := func(check, words, whose string) typed {
		return typed{check: check, words: words, why: "it is no command: " + whose}
	}
	const (
		template = "the pods' template is its owner's, a chart's or an operator's, and what is right there is a choice"
		hardware = "it is for whoever has the machines and the network"
	)
	return []typed{
		pointer("quorum", "see members"),
		pointer("quorum", "bring the others back first"),
		choice("quorum", "three members survive the loss of one", "how many members there are is chosen when a cluster is made"),
		pointer("leader", "see quorum and members"),
		{check: "members", words: "e.memberRemedy(m)", file: remediesJourney, line: `exec sh typed.sh nosecret PodDown`},
		choice("member-count", "remove some; learners do not count", "which of eight voters go is their owner's to say; one goes as with EvenMembership of status"),
		{check: "lag", why: ofStatus},
		pointer("leader-changes", "fsync, peer-latency and requests"),
		choice("nodes", "run them on more than one", "where there are other nodes, status has the command (OneNode)"),
		{check: "zones", words: "run them on more than one", why: "the same as of nodes, with OneZone"},
		{check: "budget", why: ofStatus},
		choice("seal", "never delete a member's volume", "it is what not to do"),
		{check: "operation", why: ofStatus},
		{
			check: "hash", words: `strings.Join(steps, "\n")`,
			why: "no member of a journey comes to hold other keys; its commands are those of the warnings NoQuorum (snapshot save) and Corrupt (replace), which remedies-ours types",
		},
		{check: "alarms", why: ofStatus},
		choice("volumes", "volumeClaimTemplates", "the claims of a StatefulSet cannot be changed, and a path on a node is moved by its owner"),
		{check: "volumes", words: "persistentVolumeReclaimPolicy", file: doctorJourney, line: `exec sh typed.sh etcd volumes`},
		{check: "volumes", words: "persistentVolumeClaimRetentionPolicy", file: doctorJourney, line: `exec sh typed.sh old volumes`},
		pointer("quota", "see alarms"),
		{check: "disk-room", words: "e.makeRoom()", file: doctorJourney, line: `exec sh typed.sh large disk-room`},
		{check: "fragmentation", words: "defrag --cluster", file: "test/testdata/status-warnings.txtar", line: `kubectl etcd status tiny -o jsonpath={.warnings[0].remedy} | grep ^kubectl | sh -ex`},
		choice("compaction", "--auto-compaction-mode", template),
		choice("fsync", "fasterDisk", hardware),
		{check: "commit", words: "fasterDisk", why: "the same as of fsync"},
		pointer("slow-applies", "fsync, commit and requests"),
		pointer("heartbeats", "see the checks fsync and requests"),
		choice("peer-latency", "run the members closer", hardware),
		choice("open-files", "find the client", hardware),
		{check: "versions", words: "downgrade cancel", file: doctorJourney, line: `exec sh typed.sh etcd versions`},
		choice("release", "newest 3.5", "an image is its owner's to change; up does it with a cluster of ours, in the journey upgrade"),
		choice("release", "upgrade through each", "an image is its owner's to change; up does it with a cluster of ours, in the journey upgrade"),
		choice("clock", "synchronize the nodes", hardware),
		choice("encryption", "serve clients over TLS", template),
		choice("encryption", "peer TLS with client certificates", template),
		{check: "expiry", words: "renew it", why: "certs renew is typed in the journey tls; a certificate that is about to expire takes 300 days, or one that the plugin did not make"},
		choice("expiry", "delete the folder fixtures", "the image has no shell to delete a folder with, and how it is reached is up to the volume"),
		choice("names", "give etcd a certificate of a CA", template),
		choice("names", "reissue the certificate", "whoever made it makes the next; certs renew --tls-san does it with ours, in the journey tls"),
		{check: "ca-rotation", why: ofStatus},
		choice("client-urls", "e.advertise", template),
		choice("image", "gcr.io/etcd-development/etcd", template),
		choice("image", "name the version", template),
		choice("liveness", "useLivez", template),
		choice("readiness", "probe /readyz", template),
		look("ready", "describe pod", "what the kubelet says of the probe"),
		look("restarts", "--previous", "a log"),
		{check: "restarts", words: "more", why: "a limit so low that an idle etcd exceeds it leaves too little for its data at twice as much (7 and 14 MiB were tried)"},
		look("restarts", "probe", "the pod's description, and a log"),
		choice("requests", "request about what it uses", template),
		choice("requests", "remove the CPU limit", template),
		choice("grace-period", "terminationGracePeriodSeconds", template),
		{check: "updates", words: "updateStrategy", file: doctorJourney, line: `exec sh typed.sh old updates`},
		{check: "parallel-start", words: "e.renewSet", file: doctorJourney, line: `exec sh typed.sh old parallel-start`},
		{check: "parallel-start", words: "publishNotReadyAddresses", file: doctorJourney, line: `stdout 'parallel-start +Service old hides members'`},
	}
}

// TestEveryRemedyIsTyped: every check, and every remedy in the source, has a journey that runs it, or a reason why none
// does.
func TestEveryRemedyIsTyped(t *testing.T) {
	rows := inventory()
	told := map[string]bool{}
	for _, row := range rows {
		told[row.check] = true
		if (row.file == "") == (row.why == "") {
			t.Errorf("the row of %s %q says either where its remedy is typed, or why it is not", row.check, row.words)
		}
		row.mustBeTyped(t)
	}
	for _, c := range checks() {
		if !told[c.name] {
			t.Errorf("nobody types a remedy of the check %q: add a row to the inventory, with the journey that does", c.name)
		}
		delete(told, c.name)
	}
	for name := range told {
		t.Errorf("there is no check %q any more", name)
	}
	used := map[string]bool{}
	for _, remedy := range remedies(t) {
		known := false
		for _, row := range rows {
			if row.words != "" && strings.Contains(remedy, row.words) {
				known, used[row.words] = true, true
			}
		}
		if !known {
			t.Errorf("nobody types the remedy %s: add a row to the inventory, with the journey that does", remedy)
		}
	}
	for _, row := range rows {
		if row.words != "" && !used[row.words] {
			t.Errorf("no check has the remedy %q any more", row.words)
		}
	}
}

func (row typed) mustBeTyped(t *testing.T) {
	t.Helper()
	if row.file == "" {
		return
	}
	text, err := os.ReadFile(filepath.Join("..", "..", row.file))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), row.line) {
		t.Errorf("%s does not type the remedy of %s any more: it has no line with %q", row.file, row.check, row.line)
	}
}

// remedies returns the source of every remedy: the second element of each explanation.
func remedies(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, source, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			say, is := n.(*ast.CompositeLit)
			if !is {
				return true
			}
			if kind, is := say.Type.(*ast.Ident); is && kind.Name == "explanation" && len(say.Elts) == 2 {
				from, to := set.Position(say.Elts[1].Pos()), set.Position(say.Elts[1].End())
				found = append(found, string(source[from.Offset:to.Offset]))
			}
			return true
		})
	}
	if len(found) < 40 {
		t.Fatalf("%d remedies were found: are they still the second element of an explanation?", len(found))
	}
	return found
}
