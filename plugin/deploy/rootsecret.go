package deploy

import (
	"context"
	"crypto/rand"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// The keys of the Secret with root's password, as in type kubernetes.io/basic-auth.
const (
	usernameKey = corev1.BasicAuthUsernameKey
	passwordKey = corev1.BasicAuthPasswordKey
)

// rootUser is the name of etcd's user with all permissions.
const rootUser = "root"

// RootPassword returns the password of etcd's user root from a Secret, or "" if the Secret does not exist. It returns an error
// if the Secret is for another user or has no password.
func RootPassword(ctx context.Context, kube kubernetes.Interface, namespace, name string) (string, error) {
	secret, err := kube.CoreV1().Secrets(namespace).Get(ctx, name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("read secret %s/%s: %w", namespace, name, err)
	}
	password := string(secret.Data[passwordKey])
	switch user, named := secret.Data[usernameKey]; {
	case named && string(user) != rootUser:
		return "", fmt.Errorf("secret %s/%s is not for user root: its %s is another user (choose a secret with --root-secret)", namespace, name, usernameKey)
	case password == "":
		return "", fmt.Errorf("secret %s/%s has no %s (add it, or choose another secret with --root-secret)", namespace, name, passwordKey)
	}
	return password, nil
}

// MakeRootPassword returns the password in a Secret. If the Secret does not exist, it creates one with a random password.
func MakeRootPassword(ctx context.Context, kube kubernetes.Interface, namespace, clusterName, name string) (string, error) {
	password, err := RootPassword(ctx, kube, namespace, name)
	if err != nil || password != "" {
		return password, err
	}
	password = rand.Text() // 128 bits or more
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{
			cluster.LabelName: "etcd", cluster.LabelInstance: clusterName, cluster.LabelComponent: cluster.ComponentRoot,
		}},
		Type: corev1.SecretTypeOpaque,
		Data: map[string][]byte{usernameKey: []byte(rootUser), passwordKey: []byte(password)},
	}
	_, err = kube.CoreV1().Secrets(namespace).Create(ctx, secret, metav1.CreateOptions{FieldManager: FieldManager})
	if apierrors.IsAlreadyExists(err) { // another process created it at the same moment
		return RootPassword(ctx, kube, namespace, name)
	}
	if err != nil {
		return "", fmt.Errorf("create secret %s/%s: %w", namespace, name, err)
	}
	return password, nil
}

// KeepRootPassword writes a new password to the Secret of user root. It reports false if the Secret does not exist, is for
// another user, or the user may not get Secrets.
func KeepRootPassword(ctx context.Context, kube kubernetes.Interface, namespace, name, password string) (kept bool, err error) {
	secrets := kube.CoreV1().Secrets(namespace)
	secret, err := secrets.Get(ctx, name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err), apierrors.IsForbidden(err): // without the right to get it, commands do not read the password there either
		return false, nil
	case err != nil:
		return false, err
	case string(secret.Data[usernameKey]) != rootUser:
		return false, nil
	}
	secret.Data[passwordKey] = []byte(password)
	_, err = secrets.Update(ctx, secret, metav1.UpdateOptions{FieldManager: FieldManager})
	return err == nil, err
}
