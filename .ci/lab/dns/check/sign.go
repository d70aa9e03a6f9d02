package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sign writes the file that is served of every zone. Zones come before the zone
// above them, which gets their DS records; the root's key becomes the anchor.
func (l *lab) sign(zones []zone) error {
	order := make([]*zone, 0, len(zones))
	for i := range zones {
		order = append(order, &zones[i])
	}
	depth := func(name string) int {
		if name == "." {
			return 0
		}
		return 1 + strings.Count(name, ".")
	}
	slices.SortStableFunc(order, func(x, y *zone) int { return depth(y.name) - depth(x.name) })
	ds := map[string]string{} // of the zones below each zone
	for _, z := range order {
		text, err := os.ReadFile(filepath.Join(l.zoneDir, z.file+".zone"))
		if err != nil {
			return err
		}
		name := strings.TrimSuffix(z.name, ".") + "."
		base := strings.ReplaceAll(strings.Trim(name, "."), ".", "-")
		if base == "" {
			base = "root"
		}
		z.written = filepath.Join(l.dir, base+"."+z.file)
		content := "$ORIGIN " + name + "\n" + generate(string(text)) + ds[name]
		if err := os.WriteFile(z.written, []byte(content), 0o600); err != nil {
			return err
		}
		if z.signing == "none" {
			continue
		}
		below, err := l.signZone(z, name)
		if err != nil {
			return fmt.Errorf("sign %s: %w", z.name, err)
		}
		if _, parent, ok := strings.Cut(name, "."); ok && name != "." {
			if parent == "" {
				parent = "."
			}
			ds[parent] += below
		}
	}
	return nil
}

// generate writes out lines like "$GENERATE 1-1000 @ MX $ mx$", which NSD does not read.
func generate(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(line, "$GENERATE ")
		var from, to int
		if n, _ := fmt.Sscanf(rest, "%d-%d", &from, &to); !ok || n != 2 {
			out.WriteString(line)
			continue
		}
		_, record, _ := strings.Cut(rest, " ")
		for i := from; i <= to; i++ {
			out.WriteString(strings.ReplaceAll(record, "$", strconv.Itoa(i)))
		}
	}
	return out.String()
}

// mxLine is the record that is changed after signing.
var mxLine = regexp.MustCompile(`(?m)(\sMX\s+10 )mx1\.`)

// signZone signs a zone in place and gives its DS records.
func (l *lab) signZone(z *zone, name string) (ds string, err error) {
	keys := filepath.Join(l.dir, "keys-"+filepath.Base(z.written))
	if err := os.Mkdir(keys, 0o700); err != nil {
		return "", err
	}
	key, err := l.key(keys, name)
	if err != nil {
		return "", err
	}
	named := key
	if z.signing == "forged" {
		if named, err = l.key(keys, name); err != nil {
			return "", err
		}
	}
	signed := z.written + ".signed"
	args := []string{"-q", "-P", "-z", "-K", keys, "-d", keys, "-o", name, "-f", signed, "-O", "full"}
	switch z.signing {
	case "nsec3":
		args = append(args, "-3", "-")
	case "expired":
		args = append(args, "-s", "20200101000000", "-e", "20200201000000")
	case "nsec", "changed", "forged":
	default:
		return "", fmt.Errorf("no such signing: %s", z.signing)
	}
	// The key that signs goes into the zone; the other exists for the DS alone.
	text, err := os.ReadFile(filepath.Join(keys, key+".key"))
	if err != nil {
		return "", err
	}
	if err := appendTo(z.written, string(text)); err != nil {
		return "", err
	}
	if out, err := l.tool("bin/dnssec-signzone", append(args, z.written, key)...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	z.written = signed
	if z.signing == "changed" {
		content, err := os.ReadFile(signed)
		if err != nil {
			return "", err
		}
		altered := mxLine.ReplaceAll(content, []byte("${1}forged."))
		if string(altered) == string(content) {
			return "", fmt.Errorf("no record was changed")
		}
		if err := os.WriteFile(signed, altered, 0o600); err != nil {
			return "", err
		}
	}
	if name == "." {
		return "", l.anchor(string(text))
	}
	out, err := l.tool("bin/dnssec-dsfromkey", "-2", filepath.Join(keys, named+".key")).Output()
	return string(out), err
}

// anchor writes the trust anchor, for Unbound and as delv reads it.
func (l *lab) anchor(key string) error {
	if err := os.WriteFile(filepath.Join(l.dir, "anchor"), []byte(key), 0o600); err != nil {
		return err
	}
	for line := range strings.Lines(key) {
		if f := strings.Fields(line); len(f) > 6 && f[0] != ";" {
			text := fmt.Sprintf("trust-anchors { . static-key %s %s %s \"%s\"; };\n", f[3], f[4], f[5], strings.Join(f[6:], ""))
			return os.WriteFile(filepath.Join(l.dir, "anchor.conf"), []byte(text), 0o600)
		}
	}
	return errors.New("the root has no key")
}

// key makes a key and gives its file name without ending.
func (l *lab) key(dir, zone string) (string, error) {
	out, err := l.tool("bin/dnssec-keygen", "-q", "-a", "ECDSAP256SHA256", "-f", "KSK", "-K", dir, zone).Output()
	return strings.TrimSpace(string(out)), err
}

func appendTo(path, text string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(content, text...), 0o600)
}

// certificate writes cert.pem and key.pem for the resolver's address and gives
// the path of the former.
func (l *lab) certificate() (string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "resolver.good.test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses: []net.IP{net.ParseIP(resolverAddr)}, DNSNames: []string{"resolver.good.test"},
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return "", err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(l.dir, "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600); err != nil {
		return "", err
	}
	path := filepath.Join(l.dir, "cert.pem")
	return path, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), 0o600)
}
