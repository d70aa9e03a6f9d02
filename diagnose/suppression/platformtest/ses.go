package platformtest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The key that the server of SES takes has three parts, and counts in one
// region.
const (
	SESAccessKey = "AKIDEXAMPLECANARY"
	SESSession   = "canary-7be1d0c2-session-token"
	SESRegion    = "eu-west-1"
	sesKey       = `{"Version":1,"AccessKeyId":"` + SESAccessKey + `","SecretAccessKey":"` + Secret + `","SessionToken":"` + SESSession + `"}`
)

// SESTenant is the only tenant. Its list is "tenant/" and its name.
const SESTenant = "shop"

// serveSES answers as the reference of API v2 describes: an object for an
// address, a NotFoundException for none and for a tenant that there is none of.
// GetAccount names the reasons of the list "reasons", both where it is empty.
// Each request must be signed for this very host and path.
func serveSES(s *Server, w http.ResponseWriter, r *http.Request, body string) {
	if why := SigV4Problem(r, body, SESAccessKey, Secret, SESRegion, "ses"); why != "" || r.Header.Get("X-Amz-Security-Token") != SESSession {
		w.Header().Set("X-Amzn-ErrorType", "InvalidSignatureException")
		say(w, http.StatusForbidden, fmt.Sprintf(`{"message":%q}`, why))
		return
	}
	notFound := func(text string) {
		w.Header().Set("X-Amzn-ErrorType", "NotFoundException:http://internal.example/coral/")
		say(w, http.StatusNotFound, fmt.Sprintf(`{"message":%q}`, text))
	}
	path, err := url.PathUnescape(strings.TrimPrefix(r.URL.EscapedPath(), "/v2/email/"))
	address, one := strings.CutPrefix(path, "suppression/addresses/")
	list, tenant := "account", r.URL.Query().Get("TenantName")
	if tenant != "" {
		list = "tenant/" + tenant
	}
	var reasons []string
	for _, reason := range []string{"BOUNCE", "COMPLAINT"} {
		if s.Count("reasons") == 0 || s.Has("reasons", reason) {
			reasons = append(reasons, `"`+reason+`"`)
		}
	}
	switch {
	case err != nil:
		say(w, http.StatusBadRequest, `{"message":"bad path"}`)
	case path == "account":
		say(w, http.StatusOK, `{"SendingEnabled":true,"SuppressionAttributes":{"SuppressedReasons":[`+strings.Join(reasons, ",")+`]}}`)
	case path == "configuration-sets/transactional":
		say(w, http.StatusOK, `{"ConfigurationSetName":"transactional","SuppressionOptions":{"SuppressedReasons":["COMPLAINT"]}}`)
	case !one || address == "":
		say(w, http.StatusNotFound, `{"message":"no such operation"}`)
	case tenant != "" && tenant != SESTenant:
		notFound("Tenant " + tenant + " does not exist.")
	case r.Method == http.MethodDelete:
		if !s.take(list, address) {
			notFound("Email address " + address + " does not exist on your suppression list.")
			return
		}
		w.WriteHeader(http.StatusOK)
	default:
		e, ok := s.entry(list, address)
		if !ok {
			notFound("Email address " + address + " does not exist on your suppression list.")
			return
		}
		reason := "BOUNCE"
		if e.Code == "COMPLAINT" || e.Code == "OTHER" {
			reason = e.Code
		}
		say(w, http.StatusOK, fmt.Sprintf(`{"SuppressedDestination":{"EmailAddress":%q,"Reason":%q,"LastUpdateTime":%d.0,"Attributes":{"MessageId":"0100-m","FeedbackId":"f"}}}`,
			e.Address, reason, e.Created.Unix()))
	}
}

// SigV4Problem says what is wrong with the signature of a request, "" for
// nothing: it is made again from what came, as AWS Signature Version 4 says
// (docs.aws.amazon.com, Create a signed AWS API request).
func SigV4Problem(r *http.Request, body, access, key, region, service string) string {
	rest, ok := strings.CutPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ")
	if !ok {
		return "no signature"
	}
	fields := map[string]string{}
	for f := range strings.SplitSeq(rest, ", ") {
		name, value, _ := strings.Cut(f, "=")
		fields[name] = value
	}
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil {
		return "no date"
	}
	scope := at.Format("20060102") + "/" + region + "/" + service + "/aws4_request"
	if fields["Credential"] != access+"/"+scope {
		return "the credential is of another key, day, region or service"
	}
	signed := strings.Split(fields["SignedHeaders"], ";")
	if !slices.Contains(signed, "host") || !slices.IsSorted(signed) {
		return "the host is not signed"
	}
	var headers strings.Builder
	for _, name := range signed {
		value := strings.Join(r.Header.Values(name), ",")
		switch name {
		case "host":
			value = r.Host
		case "content-length":
			value = fmt.Sprint(r.ContentLength)
		}
		fmt.Fprintf(&headers, "%s:%s\n", name, strings.Join(strings.Fields(value), " "))
	}
	for name := range r.Header {
		if strings.HasPrefix(name, "X-Amz-") && !slices.Contains(signed, strings.ToLower(name)) {
			return name + " is not signed"
		}
	}
	// The path is escaped once more than it came.
	var path strings.Builder
	for i, part := range strings.Split(r.URL.EscapedPath(), "/") {
		if i > 0 {
			path.WriteByte('/')
		}
		path.WriteString(strings.ReplaceAll(url.QueryEscape(part), "+", "%20"))
	}
	query := strings.ReplaceAll(r.URL.Query().Encode(), "+", "%20")
	canonical := strings.Join([]string{r.Method, path.String(), query, headers.String(), fields["SignedHeaders"], sum(body)}, "\n")
	text := strings.Join([]string{"AWS4-HMAC-SHA256", at.Format("20060102T150405Z"), scope, sum(canonical)}, "\n")
	mac := []byte("AWS4" + key)
	for _, part := range []string{at.Format("20060102"), region, service, "aws4_request", text} {
		h := hmac.New(sha256.New, mac)
		h.Write([]byte(part))
		mac = h.Sum(nil)
	}
	if want := hex.EncodeToString(mac); fields["Signature"] != want {
		return "the signature is of something else"
	}
	return ""
}

func sum(text string) string {
	s := sha256.Sum256([]byte(text))
	return hex.EncodeToString(s[:])
}
