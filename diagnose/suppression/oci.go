package suppression

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// oci keeps one list a tenancy and region. It is asked by address and answers
// an empty array for none; the entry itself, by its OCID, holds the reply of the
// remote server. The key is a private RSA key that signs each request
// (docs.oracle.com: Request Signatures; Email Delivery API 20170907).
var oci = Spec{
	Key: "oci", Name: "Oracle Email Delivery", Base: "https://ctrl.email.{region}.oci.oraclecloud.com",
	Lists: []List{
		{diagnose.ListBounces, "HARDBOUNCE", "mail to the address is dropped unsent", diagnose.CanRemove},
		{diagnose.ListBounces, "SOFTBOUNCE", "mail to the address is dropped unsent", diagnose.CanRemove},
		{diagnose.ListComplaints, "COMPLAINT", "the recipient reported our mail; it is dropped unsent", diagnose.CannotRemove},
		{diagnose.ListUnsubscribes, "UNSUBSCRIBE", "the recipient wants no mail of ours", diagnose.CannotRemove},
		{diagnose.ListManual, "MANUAL", "somebody of our own tenancy put it there", diagnose.ByHandOnly},
	},
	Settings: []Setting{
		{Name: "region", Env: "OCI_CLI_REGION", Means: "the region that sends", Example: "eu-frankfurt-1", Required: true},
		{Name: "tenancy", Env: "OCI_CLI_TENANCY", Means: "the OCID of the tenancy: the list is kept there", Example: "ocid1.tenancy.oc1..example", Required: true},
		{Name: "user", Env: "OCI_CLI_USER", Means: "the OCID of the user whose key signs", Example: "ocid1.user.oc1..example", Required: true},
		{Name: "fingerprint", Env: "OCI_CLI_FINGERPRINT", Means: "the fingerprint of the public key, as the console has it", Example: "20:3b:97:13:55:1c:5b:0d:d3:37:d8:50:4e:c5:3a:34", Required: true},
	},
	Read:   Credential{Env: []string{"OCI_CLI_KEY_CONTENT"}, Scope: "inspect and read suppressions in tenancy; a private RSA key in PEM without a passphrase"},
	Unseen: []safe.Text{"lists of other regions and tenancies"},
	Source: "docs.oracle.com/iaas/api, Email Delivery, Suppression",
	open:   func(p *api) client { return ociClient{p} },
}

type ociClient struct{ *api }

const ociVersion = "20170907"

func (c ociClient) lookUp(ctx context.Context, address string) []diagnose.ListEntry {
	a, err := c.call(ctx, c.to(http.MethodGet, url.Values{"compartmentId": {c.account.Settings["tenancy"]}, "emailAddress": {address}}))
	if err != nil {
		return every(oci.Lists, func(e diagnose.ListEntry) diagnose.ListEntry { return untold(e, err) })
	}
	var all []struct {
		ID      string `json:"id"`
		Address string `json:"emailAddress"`
		Reason  string `json:"reason"`
		Created string `json:"timeCreated"`
	}
	if a.status != http.StatusOK || !a.decode(&all) || all == nil {
		return every(oci.Lists, func(e diagnose.ListEntry) diagnose.ListEntry { return c.strange(e, a) })
	}
	var found []diagnose.ListEntry
	for _, x := range all {
		if x.ID == "" || !SameAddress(x.Address, address) {
			return every(oci.Lists, func(e diagnose.ListEntry) diagnose.ListEntry { return c.strange(e, a) })
		}
		e := kind(oci.Lists, x.Reason)
		e.Listed, e.Address, e.ID = diagnose.IsListed, safe.Untrusted(x.Address), safe.Untrusted(x.ID)
		e.Code, e.Created = safe.Untrusted(x.Reason), stamp(x.Created, time.RFC3339)
		e.Scope = safe.Untrusted(c.account.Settings["region"])
		found = append(found, c.details(ctx, e))
	}
	return spread(oci.Lists, found)
}

// details adds what the entry itself holds: the reply and who gave it, and the
// mail. That the entry stands is known without it.
func (c ociClient) details(ctx context.Context, e diagnose.ListEntry) diagnose.ListEntry {
	a, err := c.call(ctx, c.to(http.MethodGet, nil, string(e.ID)))
	var x struct {
		Address   string         `json:"emailAddress"`
		MessageID safe.Untrusted `json:"messageId"`
		Detail    string         `json:"errorDetail"`
		Source    string         `json:"errorSource"`
	}
	switch {
	case err != nil:
		e.Note = safe.Untrusted("the reply behind the entry could not be read: " + err.Error())
	case a.status != http.StatusOK || !a.decode(&x) || !SameAddress(x.Address, string(e.Address)):
		e.Note = "the reply behind the entry could not be read"
	default:
		e.MessageID, e.Reason = x.MessageID, safe.Untrusted(x.Detail)
		if x.Source != "" && x.Detail != "" {
			e.Reason = safe.Untrusted(x.Detail + " (" + x.Source + ")")
		}
	}
	return e
}

func (c ociClient) read(ctx context.Context, e diagnose.ListEntry) diagnose.ListEntry {
	return pick(c.lookUp(ctx, string(e.Address)), e)
}

func (c ociClient) request(diagnose.ListEntry) string {
	return "DELETE /" + ociVersion + "/suppressions/…"
}

// remove deletes the entry by its OCID: 204. The platform's 404 does not tell
// an entry that is gone from one that the key may not touch: nothing was removed.
func (c ociClient) remove(ctx context.Context, e diagnose.ListEntry) Removal {
	a, err := c.call(ctx, c.to(http.MethodDelete, nil, string(e.ID)))
	return c.removed(a, err, func(a answer) diagnose.RemovalResult {
		if a.status == http.StatusNoContent {
			return diagnose.RemovalDone
		}
		return rejected(a.status)
	})
}

func (c ociClient) to(method string, query url.Values, more ...string) request {
	return request{method: method, path: append([]string{ociVersion, "suppressions"}, more...), query: query, reads: method == http.MethodGet,
		sign: func(r *http.Request, _ []byte) error { return c.sign(r) }}
}

// sign adds the signature of a request without a body: the date, the request
// line and the host, under RSA with SHA-256.
func (c ociClient) sign(r *http.Request) error {
	key, err := rsaKey([]byte(c.key(r.Method)))
	if err != nil {
		return err
	}
	date := c.clock().UTC().Format(http.TimeFormat)
	r.Header.Set("Date", date)
	target := "get"
	if r.Method == http.MethodDelete {
		target = "delete"
	}
	text := "date: " + date + "\n(request-target): " + target + " " + r.URL.RequestURI() + "\nhost: " + r.URL.Host
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		return errors.New("the private key cannot sign")
	}
	s := c.account.Settings
	r.Header.Set("Authorization", fmt.Sprintf(`Signature version="1",keyId="%s/%s/%s",algorithm="rsa-sha256",headers="date (request-target) host",signature="%s"`,
		s["tenancy"], s["user"], s["fingerprint"], base64.StdEncoding.EncodeToString(sig)))
	return nil
}

// rsaKey reads a private key in PEM, PKCS #1 or #8. The error says nothing of
// what was read.
func rsaKey(text []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("the key is no private key in PEM")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	if any, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		if key, ok := any.(*rsa.PrivateKey); ok {
			return key, nil
		}
	}
	return nil, errors.New("the key is no private RSA key without a passphrase")
}
