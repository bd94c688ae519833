package advice

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// typed is a line of a journey or test that runs the exact remedy of a reason and checks the state after it; file is relative
// to the root of the repository. If there is none, why says what a test would need.
type typed struct{ file, line, why string }

const (
	warningsJourney = "test/testdata/status-warnings.txtar"
	remediesJourney = "test/testdata/remedies.txtar"
	oursJourney     = "test/testdata/remedies-ours.txtar"
	othersJourney   = "test/testdata/by-other-means.txtar"
	envJourney      = "test/testdata/by-environment.txtar"
)

// inventory has a row for every reason.
func inventory() map[string]typed {
	look := func(what string) typed {
		return typed{why: "its remedy changes nothing: it is " + what + ", for which there is no state to be better"}
	}
	return map[string]typed{
		ScaledToZero:       {file: envJourney, line: `kubectl etcd status filed -o jsonpath={.warnings[0].remedy} | sh -ex`},
		NoSpace:            {file: warningsJourney, line: `kubectl etcd status tiny -o jsonpath={.warnings[0].remedy} | grep ^kubectl | sh -ex`},
		Corrupt:            {file: oursJourney, line: `grep ^kubectl corrupt | sh -ex`},
		Alarm:              look("alarm list"),
		SeveralClusters:    {file: warningsJourney, line: `stdout '^k$'`},
		SeveralLeaders:     {why: "a leader that is parted from its peers steps down within an election's time (raft's CheckQuorum), so that two are read for a second at most; its command, kubectl delete pod, is for where it stays, which no fault here makes"},
		TermsDiffer:        look("a log"),
		FollowerLags:       look("a log"),
		ApplyLags:          look("a log"),
		NotSealed:          {file: "test/testdata/plain-kustomize.txtar", line: `exec kubectl etcd seal`},
		SealMissing:        {file: othersJourney, line: `exec kubectl etcd seal`},
		OperationAbandoned: {file: "test/testdata/interrupted.txtar", line: `@.reason=="OperationAbandoned"`},
		TemplateChanged:    {file: "test/testdata/interrupted.txtar", line: `@.reason=="TemplateChanged"`},
		CARotation:         {file: "test/testdata/certs.txtar", line: `exec sh -e next`},
		SealOpen:           {file: "test/testdata/interrupted.txtar", line: `^open the seal' kubectl-etcd replace etcd-2`},
		ClaimDeleted:       {file: othersJourney, line: `exec kubectl etcd replace etcd-2 --force`},
		NoQuorum:           {file: oursJourney, line: `grep ^kubectl noquorum | sh -ex`},
		MemberFails:        {why: "its commands after the log are those of DataLost, which are typed; it is said in place of that only where the log may not be read, or where something else ends etcd, which they are not for"},
		NoMember:           {file: remediesJourney, line: `@.reason=="NoMember"`},
		DataLost:           {file: envJourney, line: `grep ^kubectl remedy | sh -ex`},
		PodDown:            {file: remediesJourney, line: `@.reason=="PodDown"`},
		LearnerWaiting:     {file: warningsJourney, line: `@.reason=="LearnerWaiting"`},
		NeverStarted:       {file: remediesJourney, line: `@.reason=="NeverStarted"`},
		EvenMembership:     {file: warningsJourney, line: `@.reason=="EvenMembership"`},
		ReplicasDiffer:     {file: remediesJourney, line: `@.reason=="ReplicasDiffer"`},
		MembersElsewhere:   look("a list of members"),
		QuotaNearlyUsed:    {file: warningsJourney, line: `kubectl etcd status tiny -o jsonpath={.warnings[0].remedy} | grep ^kubectl | sh -ex`},
		VersionsMixed:      {why: "of ours it is up, which the journey upgrade types; of others it is how far a rollout is, which changes nothing"},
		NoBudget:           {file: remediesJourney, line: `@.reason=="NoBudget"`},
		BudgetsOverlap:     {file: remediesJourney, line: `@.reason=="BudgetsOverlap"`},
		BudgetFails:        {file: remediesJourney, line: `@.reason=="BudgetFails"`},
		BudgetTooLoose:     {file: remediesJourney, line: `@.reason=="BudgetTooLoose"`},
		BudgetTooTight:     {file: remediesJourney, line: `@.reason=="BudgetTooTight"`},
		PlainTextExposed:   {file: remediesJourney, line: `@.reason=="PlainTextExposed"`},
		OneNode:            {why: "its commands cordon a node, on which no pod of the journeys that run beside could start again meanwhile; replace --force is typed for ClaimDeleted"},
		OneZone:            {why: "its commands are those of OneNode, with the nodes of a zone"},
		VolatileData:       {file: "test/testdata/doctor.txtar", line: `exec sh typed.sh old volumes`},
		SidecarFails:       look("a log"),
		ProbeFails:         look("a probe and a log"),
	}
}

// TestEveryRemedyIsTyped checks that a journey or test runs the remedy of every reason: an untested one may do damage.
func TestEveryRemedyIsTyped(t *testing.T) {
	rows := inventory()
	root := filepath.Join("..", "..")
	for _, reason := range reasons(t) {
		row, known := rows[reason]
		delete(rows, reason)
		switch {
		case !known:
			t.Errorf("nobody types the remedy of %q: add a row to the inventory, with the journey or the test that does", reason)
			continue
		case (row.file == "") == (row.why == ""):
			t.Errorf("the row of %q says either where its remedy is typed, or why it is not", reason)
			continue
		case row.why != "":
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, row.file))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), row.line) {
			t.Errorf("%s does not type the remedy of %q any more: it has no line with %q", row.file, reason, row.line)
		}
	}
	for reason := range rows {
		t.Errorf("there is no reason %q any more", reason)
	}
}

// reasons returns the constants of advice.go. It parses the file, so that new ones are included.
func reasons(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "advice.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, is := n.(*ast.ValueSpec)
		if !is || len(spec.Values) != 1 {
			return true
		}
		if value, is := spec.Values[0].(*ast.BasicLit); is && value.Kind == token.STRING {
			text, _ := strconv.Unquote(value.Value)
			found = append(found, text)
		}
		return true
	})
	if len(found) < 30 || !slices.Contains(found, NoQuorum) {
		t.Fatalf("%d reasons were found: are they still constants of advice.go?", len(found))
	}
	return found
}

// TestEveryReasonHasWords checks that verdicts has a case for every reason.
func TestEveryReasonHasWords(t *testing.T) {
	said := map[string]bool{ScaledToZero: true} // a cluster without members has a test of its own
	for _, c := range verdicts() {
		for _, reason := range c.want {
			said[reason] = true
		}
	}
	for _, reason := range reasons(t) {
		if !said[reason] {
			t.Errorf("no case of the table has the reason %q", reason)
		}
	}
}
