package report

// Watched is a state of a cluster that is watched, with when it was seen.
type Watched struct {
	Status
	Time string `json:"time"`
}
