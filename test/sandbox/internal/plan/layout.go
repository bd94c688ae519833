package plan

import "path/filepath"

// Layout is the sandbox's own directory, `.sandbox` in a checkout.
type Layout struct {
	Dir string // absolute
}

// Bin is the folder of the programs. down keeps it.
func (l Layout) Bin(name string) string { return filepath.Join(l.Dir, "bin", name) }

// Images is the archive of the core's container images. down keeps it.
func (l Layout) Images() string { return filepath.Join(l.Dir, "images.tar") }

// ExtraImages is the archive of the images that `up --all` adds.
func (l Layout) ExtraImages() string { return filepath.Join(l.Dir, "images-extra.tar") }

// Log is the log file of the named process.
func (l Layout) Log(name string) string { return filepath.Join(l.Dir, "logs", name+".log") }

// Logs is the directory of the log files.
func (l Layout) Logs() string { return filepath.Join(l.Dir, "logs") }

// Kubeconfig is the administrator's kubeconfig.
func (l Layout) Kubeconfig() string { return filepath.Join(l.Dir, "kubeconfig") }

// State is the directory of everything that down removes: data, keys, node directories, volumes.
func (l Layout) State() string { return filepath.Join(l.Dir, "state") }

// Volumes is the directory of the dynamic volumes.
func (l Layout) Volumes() string { return filepath.Join(l.State(), "volumes") }

// PKI is a file among the keys, certificates and kubeconfigs.
func (l Layout) PKI(file string) string { return filepath.Join(l.State(), "pki", file) }

// Node is a path in the node's own directory.
func (l Layout) Node(n Node, elements ...string) string {
	return filepath.Join(append([]string{l.State(), "nodes", n.Name}, elements...)...)
}
