package bounce
import ("testing";"os";"path/filepath";"time";"fmt";"strings";"runtime")
func BenchmarkZZCorpus(b *testing.B){
 var all [][]byte; n:=0
 fs,_:=filepath.Glob("/work/shared/corpus/set-of-emails/maildir/*/*")
 for _,f:=range fs { x,_:=os.ReadFile(f); all=append(all,x); n+=len(x)}
 b.SetBytes(int64(n)); b.ReportAllocs()
 for b.Loop(){ for _,x:=range all{ Read(x,Options{}) } }
 b.ReportMetric(float64(len(all)*b.N)/b.Elapsed().Seconds(),"msg/s")
}
func TestZZHostile(t *testing.T){
 mk:=map[string]func()string{
  "depth":func()string{var s strings.Builder; s.WriteString("From: a@b.example\nSubject: x\n"); for i:=0;i<10000;i++{ fmt.Fprintf(&s,"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n",i,i)}; return s.String()},
  "rfc822":func()string{return "From: a@b.example\nSubject: x\n"+strings.Repeat("Content-Type: message/rfc822\n\n",20000)},
  "parts":func()string{return "From: a@b.example\nSubject: x\nContent-Type: multipart/mixed; boundary=b\n\n"+strings.Repeat("--b\n\nx\n",200000)},
  "fields":func()string{return "From: a@b.example\nSubject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"+strings.Repeat("X-A: b\n",2000000)},
  "fields2":func()string{return "From: a@b.example\nSubject: x\n"+strings.Repeat("X-A: b\n",2000000)},
  "folds":func()string{return "From: a@b.example\nSubject: x\n"+strings.Repeat(" b\n",4000000)},
  "line":func()string{return "From: a@b.example\nSubject: x\n\n"+strings.Repeat("a",30<<20)},
  "hline":func()string{return "From: a@b.example\nSubject: "+strings.Repeat("a",30<<20)},
  "nl":func()string{return strings.Repeat("\n",25<<20)},
  "nl2":func()string{return "From: a@b.example\nSubject: x\n\n"+strings.Repeat("\n",25<<20)},
  "cr":func()string{return "From: a@b.example\rSubject: x\r\r"+strings.Repeat("\r",25<<20)},
  "mentions":func()string{return "From: mailer-daemon@b.example\nSubject: failure notice\n\n"+strings.Repeat("<a@b.example>: 550 x\n",1000000)},
  "mentions2":func()string{var s strings.Builder; s.WriteString("From: mailer-daemon@b.example\nSubject: failure notice\n\n");for i:=0;i<500000;i++{fmt.Fprintf(&s,"<a%d@b.example>:\nx\n",i)}; return s.String()},
  "quote":func()string{return strings.Repeat("> ",12<<20)},
  "quotel":func()string{return strings.Repeat("> > 550 5.1.1 x\n",1<<20)},
  "ats":func()string{return "From: mailer-daemon@b.example\nSubject: failure notice\n\n"+strings.Repeat("@",25<<20)},
  "ats2":func()string{return "From: mailer-daemon@b.example\nSubject: failure notice\n\nto: "+strings.Repeat(strings.Repeat("a@",1000)+"\n",10000)},
  "dsn":func()string{return "From: a@b.example\nSubject: x\nContent-Type: message/delivery-status\n\n"+strings.Repeat("Final-Recipient: rfc822;a@b.example\nAction: failed\nStatus: 5.1.1\n\n",300000)},
  "dsn1":func()string{return "From: a@b.example\nSubject: x\nContent-Type: message/delivery-status\n\n"+strings.Repeat("Final-Recipient: rfc822;a@b.example\n",500000)},
  "dsnuniq":func()string{var s strings.Builder; s.WriteString("From: a@b.example\nSubject: x\nContent-Type: multipart/report; boundary=b\n\n--b\n\n");for i:=0;i<15000;i++{fmt.Fprintf(&s,"<a%d@b.example>: host h[192.0.2.1] said: 550 no\n\n",i)}; s.WriteString("\n--b\nContent-Type: message/delivery-status\n\n");for i:=0;i<15000;i++{fmt.Fprintf(&s,"Final-Recipient: rfc822;a%d@b.example\nAction: failed\nStatus: 5.1.1\n\n",i)}; return s.String()},
  "diag":func()string{return "From: a@b.example\nSubject: x\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822;a@b.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; "+strings.Repeat("550-5.1.1 x ",5000)},
  "log":func()string{var s strings.Builder; for i:=0;i<120000;i++{fmt.Fprintf(&s,"Nov 23 09:12:44 out1 postfix/smtp[2049]: %X: to=<r%d@contoso.example>, relay=mx.example[198.51.100.10]:25, delay=3.9, dsn=5.1.1, status=bounced (host mx.example[198.51.100.10] said: 550 5.1.1 no)\n",i,i)}; return s.String()},
  "logid":func()string{var s strings.Builder; for i:=0;i<400000;i++{fmt.Fprintf(&s,"Nov 23 09:12:44 out1 postfix/qmgr[2049]: %X: from=<r@contoso.example>\n",i)}; return s.String()},
  "b64":func()string{return "From: mailer-daemon@b.example\nSubject: failure\nContent-Transfer-Encoding: base64\n\n"+strings.Repeat("QUJDRA==\n",2500000)},
  "b64l":func()string{return "From: mailer-daemon@b.example\nSubject: failure\nContent-Transfer-Encoding: base64\n\n"+strings.Repeat("QUJDQUJD",3000000)},
  "qp":func()string{return "From: mailer-daemon@b.example\nSubject: failure\nContent-Transfer-Encoding: quoted-printable\n\n"+strings.Repeat("=0A=\n",5000000)},
  "html":func()string{return "From: mailer-daemon@b.example\nSubject: failure\nContent-Type: text/html\n\n"+strings.Repeat("<p><",6000000)},
  "html2":func()string{return "From: mailer-daemon@b.example\nSubject: failure\nContent-Type: text/html\n\n"+strings.Repeat("<!--",6000000)},
  "bound":func()string{b:=strings.Repeat("-",190); var s strings.Builder; s.WriteString("From: a@b.example\nSubject: x\n"); for i:=0;i<19;i++{fmt.Fprintf(&s,"Content-Type: multipart/mixed; boundary=\"%s%d\"\n\n--%s%d\n",b,i,b,i)}; return s.String()+"\n"+strings.Repeat(strings.Repeat("-",198)+"\n",120000)},
  "replies":func()string{return strings.Repeat("550 5.1.1 <a@b.example> no\n",900000)},
  "words":func()string{return "From: mailer-daemon@b.example\nSubject: "+strings.Repeat("=?utf-8?q?a?= ",100000)+"\n\nx"},
  "params":func()string{return "From: mailer-daemon@b.example\nSubject: x\nContent-Type: a/b"+strings.Repeat("; a=b",10000)+"\n\nx"},
  "sep":func()string{return "From: mailer-daemon@b.example\nSubject: failure notice\n\n"+strings.Repeat("Received: from x\n",200000)},
  "colon":func()string{return "From: mailer-daemon@b.example\nSubject: failure notice\n\n"+strings.Repeat("<a@b.example>:\nabc:\n\n",100000)},
  "fwd":func()string{return "From: a@b.example\nSubject: x\nContent-Type: multipart/mixed; boundary=b\n\n"+strings.Repeat("--b\nContent-Type: message/rfc822\n\nFrom: a@b.example\nSubject: y\n\n> 550 no\n",300000)},
  "null":func()string{return "From: a@b.example\nSubject: x\n\n"+strings.Repeat("\x00",20<<20)},
  "recv":func()string{return "From: a@b.example\nSubject: x\nContent-Type: multipart/report; boundary=b\n\n--b\nContent-Type: text/rfc822-headers\n\n"+strings.Repeat("Received: from a by b\n",100000)},
 }
 for name,f:=range mk {
  s:=[]byte(f()); runtime.GC(); var m0,m1 runtime.MemStats; runtime.ReadMemStats(&m0)
  t0:=time.Now(); r:=Read(s,Options{Now:time.Now()}); el:=time.Since(t0); runtime.ReadMemStats(&m1)
  flag:=""; if el>time.Second||m1.TotalAlloc-m0.TotalAlloc>90<<20 {flag="  <<<<<"}
  fmt.Printf("%-10s %6.1fMB %8s alloc %6.1fMB reports %d findings %d%s\n",name,float64(len(s))/1e6,el.Round(time.Millisecond),float64(m1.TotalAlloc-m0.TotalAlloc)/1e6,len(r.Reports),len(r.Findings),flag)
 }
}
