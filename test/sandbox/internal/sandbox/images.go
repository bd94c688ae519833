package sandbox

import (
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/images"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/plan"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/programs"
)

// imageList is the content of one archive of images, as there is no registry, and the recipes that they need.
type imageList struct {
	recipes []string
	images  []images.Image
}

// key changes with the images.
func (l imageList) key(built *programs.Built) string {
	key := built.Key(l.recipes...)
	for _, i := range l.images {
		key += " " + i.Reference
	}
	return key
}

// coreImages are the images that every node has from the start.
func coreImages(built *programs.Built) imageList {
	l := imageList{
		recipes: []string{"pause", "drill-agent"},
		images: []images.Image{
			{
				Reference: plan.PauseImage,
				Programs:  map[string]string{"/pause": built.Program("pause", "pause")},
				Cmd:       []string{"/pause"},
			},
			{
				Reference: plan.AgentImage,
				Programs:  map[string]string{"/usr/local/bin/drill-agent": built.Program("drill-agent", "drill-agent")},
			},
		},
	}
	l.addEtcd(built, programs.NewestEtcd())
	return l
}

// extraImages are the images of the older versions of etcd.
func extraImages(built *programs.Built) imageList {
	var l imageList
	for _, v := range programs.EtcdVersions() {
		if v != programs.NewestEtcd() {
			l.addEtcd(built, v)
		}
	}
	return l
}

func (l *imageList) addEtcd(built *programs.Built, version string) {
	contents := map[string]string{}
	for _, program := range []string{"etcd", "etcdctl", "etcdutl"} {
		contents["/usr/local/bin/"+program] = built.Program(programs.EtcdRecipe(version), program)
	}
	l.recipes = append(l.recipes, programs.EtcdRecipe(version))
	l.images = append(l.images, images.Image{
		Reference: plan.EtcdImage + ":" + version,
		Programs:  contents,
		Cmd:       []string{"/usr/local/bin/etcd"},
	})
}
