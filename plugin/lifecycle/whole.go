package lifecycle

import "context"

// CompleteView is Look for who acts on what it sees: members that had not all the time to answer, because the command ends,
// are no reason to refuse anything.
func (e Env) CompleteView(ctx context.Context) (*View, error) {
	v, err := e.View(ctx)
	if err == nil && v.Incomplete != nil {
		v.Close()
		return nil, v.Incomplete
	}
	return v, err
}
