package kustomize

import (
	"io/fs"
	"path"

	"sigs.k8s.io/yaml"

	"github.com/kubectl-etcd/kubectl-etcd/base"
	"github.com/kubectl-etcd/kubectl-etcd/components"
	"github.com/kubectl-etcd/kubectl-etcd/overlays"
)

// file is one file of a kustomization. Its name is relative to the top folder and has slashes.
type file struct {
	name string
	data []byte
}

// document holds the fields that are read from a YAML file without building it.
type document struct {
	Kind     string `json:"kind"`
	Metadata struct {
		Name        string            `json:"name"`
		Labels      map[string]string `json:"labels"`
		Annotations map[string]string `json:"annotations"`
	} `json:"metadata"`
	Provisioner string            `json:"provisioner"`
	Parameters  map[string]string `json:"parameters"`
}

// sources returns the embedded files that the top kustomization builds on, unchanged.
func sources(o Options) ([]file, error) {
	list, err := readFolder(base.Files, ".", "base")
	if err != nil {
		return nil, err
	}
	for _, c := range o.folders() {
		more, err := readFolder(components.Files, c, path.Join("components", c))
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	more, err := readFolder(overlays.Files, o.Overlay, path.Join("overlays", o.Overlay))
	return append(list, more...), err
}

func readFolder(fsys fs.FS, dir, as string) ([]file, error) {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return nil, err
	}
	var list []file
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		data, err := fs.ReadFile(fsys, path.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		list = append(list, file{name: path.Join(as, e.Name()), data: data})
	}
	return list, nil
}

// documents returns the objects and strategic-merge patches of a folder, one per file. It skips JSON patches: they are
// lists and name no object.
func documents(fsys fs.FS, dir string) ([]document, error) {
	list, err := readFolder(fsys, dir, dir)
	if err != nil {
		return nil, err
	}
	return parse(list), nil
}

func parse(list []file) []document {
	var docs []document
	for _, f := range list {
		var d document
		if err := yaml.Unmarshal(f.data, &d); err == nil && d.Kind != "" {
			docs = append(docs, d)
		}
	}
	return docs
}
