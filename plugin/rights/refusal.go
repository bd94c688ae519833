package rights

import (
	"fmt"
	"slices"
	"strings"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
)

// namedRights bounds how many rights a text names: a transaction can have 128 keys.
const namedRights = 5

// Refusal is a request that etcd denied to a user.
type Refusal struct {
	User    string // etcd's name of the user
	Who     string // the user and how it authenticates, for people
	Has     Roles
	Command func(string) string // returns the command line that runs a subcommand on this cluster
}

// NeedsRoot returns the text for a request that requires role root. flag is the flag that passes root's certificate, or
// "".
func (r Refusal) NeedsRoot(flag string) string {
	if flag != "" {
		return fmt.Sprintf("%s lacks role \"root\" (pass %s, which has root's certificate)", r.Who, flag)
	}
	return fmt.Sprintf("%s lacks role \"root\" (grant it with \"%s\")", r.Who, r.Command("auth user grant "+word(r.User)+" root"))
}

// Explain returns the text for a request that requires rights on keys: the ones that the user's roles lack, and the
// command that grants them.
func (r Refusal) Explain(req any) string {
	wanted := Needed(req)
	switch {
	case len(wanted) == 0: // a request for a lease does not have the keys that are attached to it
		return fmt.Sprintf("%s lacks a right on a key of this lease", r.Who)
	case r.Has.Err != nil:
		return fmt.Sprintf("%s lacks %s (grant it with \"%s\")", r.Who, list(wanted), r.grant("ROLE", wanted))
	case len(r.Has.Names) == 0:
		return fmt.Sprintf("%s has no role, and the request needs %s (grant a role with \"%s\")",
			r.Who, list(wanted), r.Command("auth user grant "+word(r.User)+" ROLE"))
	}
	lacked := slices.DeleteFunc(slices.Clone(wanted), func(n Right) bool { return n.CoveredBy(r.Has.Permissions) })
	if len(lacked) == 0 {
		if put, ok := req.(*pb.PutRequest); ok && put.Lease != 0 {
			return fmt.Sprintf("%s lacks write on another key of the same lease", r.Who)
		}
		lacked = wanted // the right was granted in the meantime
	}
	verb := "lacks"
	if len(r.Has.Names) > 1 {
		verb = "lack"
	}
	return fmt.Sprintf("%s %s %s (%s; grant it with \"%s\")", named(r.Has.Names), verb, list(lacked), r.Who, r.grant(r.Has.Names[0], lacked))
}

// grant returns the command that grants the rights to a role.
func (r Refusal) grant(role string, lacked []Right) string {
	if len(lacked) > 1 {
		return r.Command("auth role grant " + word(role) + " --key KEY --read --write")
	}
	return r.Command("auth role grant " + word(role) + " " + lacked[0].GrantFlags())
}

func named(roles []string) string {
	what := "role "
	if len(roles) > 1 {
		what = "roles "
	}
	quoted := make([]string, len(roles))
	for i, r := range roles {
		quoted[i] = fmt.Sprintf("%q", r)
	}
	return what + strings.Join(quoted, ", ")
}

func list(rights []Right) string {
	var texts []string
	for _, n := range rights {
		if text := n.String(); !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	if more := len(texts) - namedRights; more > 0 {
		texts = append(texts[:namedRights], fmt.Sprintf("%d more", more))
	}
	if len(texts) == 1 {
		return texts[0]
	}
	return strings.Join(texts[:len(texts)-1], ", ") + " and " + texts[len(texts)-1]
}
