package lifecycle

import "context"

// CompleteView is View for a caller that acts on the result. If ctx ended while the members were asked, it returns the cause: an
// operation must not be refused because of members that were not given the time to answer.
func (e Env) CompleteView(ctx context.Context) (*View, error) {
	v, err := e.View(ctx)
	if err == nil && v.Incomplete != nil {
		v.Close()
		return nil, v.Incomplete
	}
	return v, err
}
