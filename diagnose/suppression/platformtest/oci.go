package platformtest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"
)

// ociPrivate is the key whose signatures the server takes.
var ociPrivate = sync.OnceValue(newRSA)

// ociStranger is a key in the right form that it does not take.
var ociStranger = sync.OnceValue(newRSA)

func newRSA() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
}

func ociKey() string { return inPEM(ociPrivate()) }

func inPEM(key *rsa.PrivateKey) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
}

var ociSignature = regexp.MustCompile(`^Signature version="1",keyId="[^"/]+/[^"/]+/[^"/]+",algorithm="rsa-sha256",headers="date \(request-target\) host",signature="([^"]+)"$`)

// ociSigned checks the signature of a request without a body.
func ociSigned(r *http.Request) bool {
	m := ociSignature.FindStringSubmatch(r.Header.Get("Authorization"))
	if m == nil {
		return false
	}
	sig, err := base64.StdEncoding.DecodeString(m[1])
	text := "date: " + r.Header.Get("Date") + "\n(request-target): " + strings.ToLower(r.Method) + " " + r.RequestURI + "\nhost: " + r.Host
	sum := sha256.Sum256([]byte(text))
	return err == nil && rsa.VerifyPKCS1v15(&ociPrivate().PublicKey, crypto.SHA256, sum[:], sig) == nil
}

// serveOCI answers as the Email Delivery API 20170907. The code of an entry is
// its reason, HARDBOUNCE where it has none.
func serveOCI(s *Server, w http.ResponseWriter, r *http.Request, _ string) {
	if !ociSigned(r) {
		say(w, http.StatusUnauthorized, `{"code":"NotAuthenticated","message":"The required information to complete authentication was not provided or was incorrect."}`)
		return
	}
	id := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/20170907/suppressions"), "/")
	if id == "" {
		rows := []string{}
		for _, e := range s.all("suppressions") {
			if strings.EqualFold(e.Address, r.URL.Query().Get("emailAddress")) {
				rows = append(rows, fmt.Sprintf(`{"id":%q,"compartmentId":%q,"emailAddress":%q,"reason":%q,"timeCreated":%q}`,
					e.ID, r.URL.Query().Get("compartmentId"), e.Address, or(e.Code, "HARDBOUNCE"), e.Created.UTC().Format(time.RFC3339)))
			}
		}
		say(w, http.StatusOK, "["+strings.Join(rows, ",")+"]")
		return
	}
	for _, e := range s.all("suppressions") {
		switch {
		case e.ID != id:
		case r.Method == http.MethodDelete:
			s.take("suppressions", e.Address)
			say(w, http.StatusNoContent, "")
			return
		default:
			say(w, http.StatusOK, fmt.Sprintf(`{"id":%q,"emailAddress":%q,"reason":%q,"timeCreated":%q,"messageId":"<m1@example.com>","errorDetail":%q,"errorSource":"mx1.example.com"}`,
				e.ID, e.Address, or(e.Code, "HARDBOUNCE"), e.Created.UTC().Format(time.RFC3339), e.Reason))
			return
		}
	}
	say(w, http.StatusNotFound, `{"code":"NotAuthorizedOrNotFound","message":"Authorization failed or requested resource not found."}`)
}
