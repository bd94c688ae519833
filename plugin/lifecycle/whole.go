package lifecycle

import "context"

// LookWhole is Look for who acts on what it sees: members that had not all the time to answer, because the command ends,
// are no reason to refuse anything.
func (e Env) LookWhole(ctx context.Context) (*View, error) {
	v, err := e.Look(ctx)
	if err == nil && v.Cut != nil {
		v.Close()
		return nil, v.Cut
	}
	return v, err
}
