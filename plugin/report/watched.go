package report

// Watched is one observed status of a watched cluster, with its time in RFC 3339.
type Watched struct {
	Status
	Time string `json:"time"`
}
