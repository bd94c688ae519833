package credentials

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// User is a user of etcd's authentication; the zero value is none.
type User struct{ Name, Password string }

// rootUser is etcd's user with all permissions.
const rootUser = "root"

// RootPassword is the Secret that the environment of a cluster's pods has the password of user root from; the zero value
// is none.
type RootPassword struct{ Pod, Variable, Secret, Key string }

// RootPasswordOf reads it from the pods: charts pass the password to the scripts that set etcd up.
func RootPasswordOf(c *cluster.Cluster) RootPassword {
	for _, m := range c.Members {
		container, known := m.Container()
		if !known {
			continue
		}
		for _, v := range container.Env {
			if strings.Contains(v.Name, "ROOT_PASSWORD") && v.ValueFrom != nil && v.ValueFrom.SecretKeyRef != nil {
				return RootPassword{m.PodName, v.Name, v.ValueFrom.SecretKeyRef.Name, v.ValueFrom.SecretKeyRef.Key}
			}
		}
	}
	return RootPassword{}
}

// takeUser takes from a Secret what the flags do not give. root is the key of root's password, or "" if it is not known.
// A newline at the end of a value is removed: "echo" and editors add it.
func (u User) takeUser(c content, root string) (User, error) {
	if c.err != nil {
		return u, fmt.Errorf("%w (needed for --etcd-credentials-secret; --etcd-user with --etcd-password-file needs no secret)", c.err)
	}
	if u.Name == "" {
		u.Name = c.value("username", "user")
	}
	if root == "" {
		root = c.onlyKey(func(key string) bool { return strings.Contains(letters(key), "rootpassword") }) // as in the Bitnami chart's
	}
	if u.Name == "" && root != "" {
		u.Name = rootUser
	}
	if u.Password == "" {
		u.Password = c.value("password")
	}
	if u.Password == "" && u.Name == rootUser && root != "" {
		u.Password = TrimPassword(string(c.data[root]))
	}
	password := c.onlyKey(func(key string) bool {
		text := letters(key)
		return (strings.Contains(text, "pass") || strings.HasSuffix(text, "pw")) && (u.Name == rootUser || !strings.Contains(text, rootUser))
	})
	if u.Password == "" && u.Name != "" && password != "" {
		u.Password = TrimPassword(string(c.data[password]))
	}
	switch {
	case u.Name != "" && u.Password != "":
		return u, nil
	case u.Name == "" && password != "":
		return u, fmt.Errorf("%s has no user name: it has a password in key %q (pass --etcd-user with it, or add the key \"username\")", c.object, password)
	}
	return u, fmt.Errorf("%s has no user and password: %s (add the keys \"username\" and \"password\")", c.object, c.keys())
}

// letters returns a key in lower case, without the characters that join its words.
func letters(key string) string {
	return strings.ToLower(strings.NewReplacer("-", "", "_", "", ".", "").Replace(key))
}

// value returns the value of the first of the keys that a Secret has in any spelling, without a newline at its end.
func (c content) value(keys ...string) string {
	for _, wanted := range keys {
		for _, key := range slices.Sorted(maps.Keys(c.data)) {
			if value := TrimPassword(string(c.data[key])); value != "" && letters(key) == wanted {
				return value
			}
		}
	}
	return ""
}

// onlyKey returns the key that matches and has a value, or "" if there is none or more than one.
func (c content) onlyKey(matches func(key string) bool) string {
	var found []string
	for key, value := range c.data {
		if len(value) > 0 && matches(key) {
			found = append(found, key)
		}
	}
	if len(found) != 1 {
		return ""
	}
	return found[0]
}

// keys lists the keys of a Secret for display.
func (c content) keys() string {
	if len(c.data) == 0 {
		return "it is empty"
	}
	return "its keys are " + strings.Join(slices.Sorted(maps.Keys(c.data)), ", ")
}

// first returns the first value that is not empty.
func (c content) first(keys ...string) string {
	for _, key := range keys {
		if value := string(c.data[key]); value != "" {
			return value
		}
	}
	return ""
}
