// Package programs builds everything that runs in the sandbox from Go modules and
// keeps the results in a cache of the user's, because the first build takes minutes.
package programs

// Versions of what is built. The go.mod below programs/ decides; a test holds
// these to it.
const (
	Kubernetes  = "v1.36.3"
	Containerd  = "v2.4.2"
	CoreDNS     = "v1.15.0"
	CertManager = "v1.21.2"
	KubeRouter  = "v2.1.0"
)

// EtcdVersions are the versions there are images of, the newest last. Those before it are extras.
func EtcdVersions() []string { return []string{"v3.5.35", "v3.6.16", "v3.7.3"} }

// NewestEtcd is the version that every sandbox has an image of, and stores its own objects in.
func NewestEtcd() string { return EtcdVersions()[len(EtcdVersions())-1] }

// recipe is how one module's programs are built. Each upstream project has a
// module of its own, so that none is built with another's dependencies.
type recipe struct {
	name     string
	module   string // its folder, from test/sandbox
	packages []string
	ldflags  string
	programs map[string]string // as go build names them -> as we call them
	links    []string          // further names of the only program with links
	manifest *manifest         // put beside the programs, if there is one
	minutes  string            // said to who waits
}

// repository is the module above this one.
const repository = "../.."

const version = "-X k8s.io/component-base/version."

// recipes returns those of the core, which every sandbox runs, or all.
func recipes(all bool) []recipe {
	list := append(core(), etcd(NewestEtcd()))
	if all {
		list = append(list, extras()...)
	}
	return list
}

func core() []recipe {
	return []recipe{
		{
			name: "kubernetes", module: "programs/kubernetes", minutes: "about 5 minutes the first time",
			packages: []string{".", "k8s.io/kubernetes/cmd/kubectl"},
			ldflags: version + "gitVersion=" + Kubernetes + " " + version + "gitMajor=1 " +
				version + "gitMinor=36 " + version + "gitTreeState=clean",
			programs: map[string]string{"kubernetes": "kubernetes", "kubectl": "kubectl"},
			links:    []string{"kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy"},
		},
		{
			name: "containerd", module: "programs/containerd", minutes: "about a minute the first time",
			packages: []string{"tool"},
			ldflags:  "-X github.com/containerd/containerd/v2/version.Version=" + Containerd,
			programs: map[string]string{"containerd": "containerd", "containerd-shim-runc-v2": "containerd-shim-runc-v2", "ctr": "ctr"},
		},
		single("coredns", "about half a minute the first time"),
		{
			name: "pause", module: ".", minutes: "seconds",
			packages: []string{"./programs/pause"},
			programs: map[string]string{"pause": "pause"},
		},
		{
			name: "drill-agent", module: repository, minutes: "seconds",
			packages: []string{"./cmd/drill-agent"},
			programs: map[string]string{"drill-agent": "drill-agent"},
		},
	}
}

func extras() []recipe {
	certManager := single("cert-manager", "a few minutes the first time")
	certManager.manifest = &manifest{
		module: "github.com/cert-manager/cert-manager",
		// Without those of ACME, of which no controller runs here.
		files: "deploy/crds/cert-manager.io_*.yaml",
		name:  "cert-manager-crds.yaml",
	}
	list := []recipe{certManager, single("kube-router", "about a minute the first time")}
	for _, v := range EtcdVersions() {
		if v != NewestEtcd() {
			list = append(list, etcd(v))
		}
	}
	return list
}

func etcd(version string) recipe {
	return recipe{
		name: EtcdRecipe(version), module: "programs/etcd-" + minor(version), minutes: "about a minute the first time",
		packages: []string{"tool"},
		programs: map[string]string{"server": "etcd", "etcdctl": "etcdctl", "etcdutl": "etcdutl"},
	}
}

// single is the recipe of one program that has a module of its own, and its name.
func single(name, minutes string) recipe {
	return recipe{
		name: name, module: "programs/" + name, minutes: minutes,
		packages: []string{"."}, programs: map[string]string{name: name},
	}
}

// minor turns v3.7.3 into 3.7.
func minor(version string) string {
	dots := 0
	for i, c := range version {
		if c == '.' {
			if dots++; dots == 2 {
				return version[1:i]
			}
		}
	}
	return version[1:]
}
