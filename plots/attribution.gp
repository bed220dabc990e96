# attribution.gp: variants x percentiles, horizontal bars stacked of what the latency was spent on.
# data columns: panel,row,part,from,to,value,low,high,component,cause,unit,variant (part = position in part_name, from 1; 0: the whole)

W = fig_width; H = 100
array AHI[npanels]; do for [p=1:npanels] { AHI[p] = 0 }
_n = -1
stats fig_data skip 1 using (_n = _n + 1, _k = int($1), _k < 1 || _k > npanels ? 0 : (AHI[_k] = max2(AHI[_k], num(5))), 0) name 'S' nooutput
if (_n < 0) { print fig_data.': no rows, or not there'; exit status 2 }

shade(k) = k == nparts && part_rest ? '#B4B4B4' : solid(k)
ink(k) = strstrt(' 56B4E9 CC79A7 E69F00 999933 ', ' '.hex(k).' ') > 0 || (k == nparts && part_rest) ? '#000000' : '#ffffff'   # on a part of that colour
NW = 0; do for [v=1:nvariants] { NW = max2(NW, tw(variant_name[v], 11.5)) }
LM = min2(max2(60, NW + 30), 0.3*W); NCH = int((LM - 22)/(11.5*0.59)); RM = 78
CW = W - LM - RM
BH = 26; PH = BH*nvariants + 8; THEAD = 34; PITCH = THEAD + PH + 34
eval proc('head')
YL = YHEAD + 10; _x = 20; _row = 0
array PX[nparts]; array PR[nparts]
do for [k=1:nparts] { _w = 30 + tw(sprintf('%d %s', k, part_name[k]), 11.5) + 18; if (_x > 20 && _x + _w > W - 10) { _x = 20; _row = _row + 1 }; PX[k] = _x; PR[k] = _row; _x = _x + _w }
YP = YL + 18*(_row + 1) + 4
H = YP + npanels*PITCH + 6 + YFOOT
eval proc('open')
do for [k=1:nparts] {
  set object rectangle from screen SX(PX[k]), screen SY(YL + 18*PR[k] + 6) to screen SX(PX[k] + 24), screen SY(YL + 18*PR[k] - 6) fc rgb shade(k) fs solid noborder
  set label sprintf('%d %s', k, part_name[k]) at screen SX(PX[k] + 30), screen SY(YL + 18*PR[k]) left font ',11.5' tc rgb INK noenhanced front
}
set multiplot
do for [_p=1:npanels] {
  _top = YP + (_p-1)*PITCH + THEAD
  set lmargin at screen SX(LM); set rmargin at screen SX(LM + CW); set tmargin at screen SY(_top); set bmargin at screen SY(_top + PH)
  x_log = 0; _pw = CW; XLO = 0; XHI = AHI[_p] > 0 ? AHI[_p] : 1
  eval proc('xaxis')
  set yrange [nvariants + 0.5 + 4.0/BH : 0.5 - 4.0/BH]
  unset grid; set grid xtics lt 1 lc rgb RULE lw 0.8 back
  unset ytics
  do for [v=1:nvariants] { set label (strlen(variant_name[v]) > NCH ? variant_name[v][1:NCH-1].'…' : variant_name[v]) at graph 0, first v offset -0.8,0 right font ',11.5' tc rgb INK noenhanced }
  set label bold(panel_title[_p]) at screen SX(LM), screen SY(_top - 13) left font ',12' tc rgb INK
  set label panel_unit[_p] at screen SX(LM + CW), screen SY(_top - 13) right font ',10.5' tc rgb GREY noenhanced
  _cmd = ''
  do for [k=1:nparts] { _cmd = _cmd.sprintf(', fig_data skip 1 using ($4):($1 == _p && $3 == %d ? $2 : NaN):4:5:($2-0.34):($2+0.34) with boxxyerror fc rgb "%s" fs solid 0.9 border lc rgb "#ffffff"', k, shade(k)) }
  # the part's number where there is room for it, so that colour is not needed
  do for [k=1:nparts] { _cmd = _cmd.sprintf(', fig_data skip 1 using ($1 == _p && $3 == %d && ($5-$4) > 0.022*XHI ? 0.5*($4+$5) : NaN):2:("%d") with labels center font ",10" tc rgb "%s" noenhanced', k, k, ink(k)) }
  _cmd = _cmd.', fig_data skip 1 using ($1 == _p && $3 == 0 ? $5 : NaN):2:(human($5)) with labels left offset 0.7,0 font ",10.5" tc rgb "#222222" noenhanced'
  set arrow from first 0, graph 0 to first 0, graph 1 nohead lw 1 lc rgb AXIS front
  set border 0
  eval 'plot '._cmd[3:*]
  unset label; unset arrow; unset object
}
unset multiplot
set output
