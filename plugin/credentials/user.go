package credentials

import "fmt"

// User is who etcd's own authentication knows; the zero value is nobody.
type User struct{ Name, Password string }

// takeUser takes from a Secret what the flags do not give.
func (u User) takeUser(c content) (User, error) {
	if c.err != nil {
		return u, fmt.Errorf("%w (needed for --etcd-credentials-secret; --etcd-user with --etcd-password-file does without)", c.err)
	}
	if u.Name == "" {
		u.Name = c.first("username", "user")
	}
	if u.Name == "" && c.data["etcd-root-password"] != nil { // the Secret of the Bitnami chart
		u.Name = "root"
	}
	if u.Password == "" {
		u.Password = c.first("password")
	}
	if u.Password == "" && u.Name == "root" {
		u.Password = c.first("etcd-root-password")
	}
	if u.Name == "" || u.Password == "" {
		return u, fmt.Errorf("%s has no user and password (its keys are to be called username and password)", c.object)
	}
	return u, nil
}

// first returns the first value of a Secret that is not empty.
func (c content) first(keys ...string) string {
	for _, key := range keys {
		if value := string(c.data[key]); value != "" {
			return value
		}
	}
	return ""
}
